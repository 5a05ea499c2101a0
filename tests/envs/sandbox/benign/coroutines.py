import asyncio


async def double(n):
    await asyncio.sleep(0.001)
    return 2 * n


async def main():
    print(sum(await asyncio.gather(*(double(n) for n in range(5)))))


asyncio.run(main())

# --- tests ---
TESTS = {"kind": "stdio", "cases": [{"input": "", "output": "20"}]}
