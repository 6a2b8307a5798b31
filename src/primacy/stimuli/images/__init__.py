"""Where pictures come from: designs rendered on the way, rendered folders, published folders, photos, archives."""
