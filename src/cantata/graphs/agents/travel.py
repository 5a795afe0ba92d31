"""The travel agent: plans a trip from tables of routes, fares, weather normals and sights."""

from cantata.graphs.agent import Agent, Method
from cantata.graphs.tools.find_fares import find_fares
from cantata.graphs.tools.find_routes import find_routes
from cantata.graphs.tools.plan_days import plan_days
from cantata.graphs.tools.weather_normals import weather_normals

agent = Agent(
    name="travel",
    description="Plans an itinerary from sample tables of routes, fares, weather and sights.",
    prompt=(
        "You are a planner of trips. Always call find_routes, find_fares, weather_normals and plan_days for the places"
        " of the trip before you answer. Use no other prices, hours or temperatures than theirs, and say that they are"
        " sample data. If a place is unknown to them, say so. Answer with the way there, what it costs, the weather,"
        " and what to do on each day."
    ),
    tools=(find_routes, find_fares, weather_normals, plan_days),
    methods={
        "ways": Method(
            "Finds the ways there and what they cost.", "Now only the way there: call only find_routes and find_fares."
        ),
        "weather": Method("Tells the usual weather.", "Now only the weather: call only weather_normals."),
        "days": Method("Fills the days.", "Now only what to do there: call only plan_days."),
        "itinerary": Method(
            "Makes one itinerary of what others found.",
            "Now call no tool: put what you are given together into one itinerary, leaving nothing out.",
        ),
    },
)
graph = agent.graph()
