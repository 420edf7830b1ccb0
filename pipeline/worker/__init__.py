"""The worker: takes series from the queue, has them analysed in a child process, commits the result."""
