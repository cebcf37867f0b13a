"""Simulated providers and traffic: real HTTP on loopback in the real dialects, and open about being simulated."""
