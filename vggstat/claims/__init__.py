"""What documents say about networks: read, identified, judged, and mended in marked blocks."""
