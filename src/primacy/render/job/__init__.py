"""Code that runs inside Blender's Python, never in the user's. It imports bpy, numpy and the standard library only."""
