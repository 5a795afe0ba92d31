from fastapi import FastAPI

app = FastAPI()


@app.get("/app")
def page() -> str:
    return "the research agent's page"
