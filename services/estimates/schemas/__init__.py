"""What comes in about estimates and price books, and what goes out: to staff, and to the customer."""
