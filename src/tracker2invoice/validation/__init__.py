"""Judges invoice files, our own and other people's. It reads and says what is wrong; it repairs and prints nothing."""
