"""What twinbench is made of: `make licences`, `make oldest`; the checks are in test_supply.py."""
