"""Write the dashboards' JSON: `python -m dashboards`."""

from dashboards.generation import generate

if __name__ == "__main__":
    for file in generate():
        print(file)
