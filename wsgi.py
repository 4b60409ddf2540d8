from almakane.app import create_app
from almakane.settings import read_settings

app = create_app(read_settings(with_books=True))
