"""One story told as a headline, a summary and a full account, from an article read in parts."""
