"""The commands of ``streetwork``, one file each."""
