// Vehicle
