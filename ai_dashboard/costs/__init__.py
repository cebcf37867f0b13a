"""Money: prices, receipts, reservations, budgets, forecasts."""
