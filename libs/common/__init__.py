"""What every service shares: delivery, money, the HTTP edge and the contracts they speak in."""
