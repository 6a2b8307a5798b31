"""The pictures of an audit: what is shown, how it is scored and estimated."""
