// SafeStop
