import os

ORDERS = {"17": "on its way", "23": f"waiting at {os.environ['SHOP_NAME']}"}
