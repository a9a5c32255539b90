"""Pages as notebooks: their cells run in their own frameworks."""
