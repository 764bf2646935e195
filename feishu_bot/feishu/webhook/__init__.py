"""The two addresses that Feishu calls: signatures, decryption, refusals."""
