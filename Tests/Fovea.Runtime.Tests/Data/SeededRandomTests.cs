namespace Fovea.Tests.Data;

public class SeededRandomTests
{
    [Fact]
    public void Seed_zero_gives_the_published_first_number()
    {
        // splitmix64(0) yields e220a8397b1dcdaf, 6e789e6aa1b965f4, …; xoshiro256** returns rotl(s1 · 5, 7) · 9.
        var random = new SeededRandom(0);
        Assert.Equal(0x99EC5F36CB75F2B4UL, random.NextUInt64());
    }

    [Fact]
    public void Numbers_are_uniform_and_keys_give_sequences_of_their_own()
    {
        var counts = new int[10];
        var random = new SeededRandom(1, 2, 3);
        for (var i = 0; i < 100_000; i++)
        {
            counts[random.NextInt32(10)]++;
        }

        // 10 000 ± 5 deviations of √(n p (1 − p)) = 95.
        Assert.All(counts, c => Assert.InRange(c, 9525, 10475));
        ulong[] first = [First(1, 2, 3), First(1, 2, 4), First(1, 3, 2), First(2, 2, 3), First(2, 1, 3), First(0, 0, 0)];
        Assert.Equal(first.Length, first.Distinct().Count());

        static ulong First(ulong seed, ulong key1, ulong key2)
        {
            var random = new SeededRandom(seed, key1, key2);
            return random.NextUInt64();
        }
    }

    [Fact]
    public void Shuffling_keeps_every_item_and_reaches_every_order()
    {
        var orders = new HashSet<string>();
        var random = new SeededRandom(4);
        for (var i = 0; i < 500; i++)
        {
            int[] items = [1, 2, 3, 4];
            random.Shuffle<int>(items);
            Assert.Equal([1, 2, 3, 4], items.Order());
            orders.Add(string.Join(",", items));
        }

        Assert.Equal(24, orders.Count);
    }
}
