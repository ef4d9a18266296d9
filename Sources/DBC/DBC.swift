// DBC
