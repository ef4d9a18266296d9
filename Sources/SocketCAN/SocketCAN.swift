// SocketCAN
