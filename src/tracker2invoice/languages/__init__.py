"""What documents say, by language: labels, phrases, numbers and dates. It reads its own files alone."""
