// ActuatorGate
