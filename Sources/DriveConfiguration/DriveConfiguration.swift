// DriveConfiguration
