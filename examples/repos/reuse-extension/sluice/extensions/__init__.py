"""Every module here holds one extension."""
