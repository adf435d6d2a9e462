"""XiaoAI speakers, Xiaomi's cloud and an OpenAI endpoint, simulated on loopback."""
