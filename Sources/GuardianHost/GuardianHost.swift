// GuardianHost
