"""What the console leans on: the other services' doors, and words for what it shows."""
