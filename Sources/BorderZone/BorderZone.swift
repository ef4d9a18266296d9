// BorderZone
