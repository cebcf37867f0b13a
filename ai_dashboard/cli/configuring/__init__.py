"""The actions of `ai-dashboard config`, one file each."""
