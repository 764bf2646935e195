"""What Feishu delivers, by whichever way: checked events in, values of the core out."""
