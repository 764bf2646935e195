"""What people send besides words. The bytes are hostile: they are read in a process of their own.

Nothing here is imported before the first file comes, and the libraries that read files are
imported in that process only.
"""
