"""Tests of the staff console, which ask its pages as a browser does."""
