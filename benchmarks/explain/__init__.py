"""What does each difference do?"""
