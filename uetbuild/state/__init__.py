"""The `.uet/` folder: layout, lock, database, and the project's files as last looked at."""
