// SiteMap
