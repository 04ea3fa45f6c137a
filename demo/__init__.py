"""A contractor's company to try Plumbline on: its data, its loader, and a day of enquiries driven through it."""
