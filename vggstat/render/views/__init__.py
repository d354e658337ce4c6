"""The views: each makes a page of records; none computes a figure or knows a format."""
