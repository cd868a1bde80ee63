"""An invoice as a person or a machine reads it. Renderers read the draft and nothing else."""
