"""Pages as notebooks, whose cells run in their own frameworks."""
