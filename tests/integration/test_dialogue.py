from simulator.llm_replies import own_answer
async def test_x(living, lamps, sim):
    since = living.ask("讲个故事")
    await living.spoken(own_answer("讲个故事"), since=since)
    for e in sim.timeline.since(since):
        if e.event != "http": print(e.t, e.event, e.fields)
