"""HTTP to places that users name: connections, proxies, certificates, allowed addresses."""
