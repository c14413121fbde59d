namespace Fovea.Data;

/// <summary>
/// Which images an epoch shows, and how often: numbers of images, the second showing of image i of n as i + n, the third as i + 2n. Each
/// showing
/// is varied differently.
/// </summary>
internal sealed class SamplePlan
{
    // Keys these random numbers apart from the order's.
    private const ulong SampleKey = 0x73616d706c65;
    private readonly int images;
    private readonly ulong seed;
    private readonly double[] repeats = [];
    private readonly int[][] byClass = [];

    private SamplePlan(int images, ulong seed) => (this.images, this.seed) = (images, seed);

    private SamplePlan(int images, ulong seed, double[] repeats)
        : this(images, seed) => this.repeats = repeats;

    private SamplePlan(int images, ulong seed, int[][] byClass)
        : this(images, seed) => this.byClass = byClass;

    /// <summary>What the options want of a data set.</summary>
    public static SamplePlan Create<TClass>(DetectionDataset<TClass> dataset, LoaderOptions options)
        where TClass : struct, Enum => options.Sampling switch
        {
            Sampling.RepeatFactor => new SamplePlan(dataset.Count, options.Seed, Repeats(dataset, options.RepeatThreshold)),
            Sampling.ClassBalanced => new SamplePlan(
                dataset.Count, options.Seed,
                [.. Enumerable.Range(0, dataset.Count).SelectMany(i => ChannelsOf(dataset, i).DefaultIfEmpty(-1).Select(c => (Channel: c, Image: i)))
                    .GroupBy(m => m.Channel).OrderBy(g => g.Key).Select(g => g.Select(m => m.Image).ToArray())]),
            _ => new SamplePlan(dataset.Count, options.Seed),
        };

    /// <summary>The showings of an epoch; of the same number in each.</summary>
    public int[] Draw(int epoch)
    {
        var random = new SeededRandom(seed ^ SampleKey, (ulong)epoch);
        return repeats.Length > 0 ? DrawRepeated(ref random)
            : byClass.Length > 0 ? DrawBalanced(ref random)
            : [.. Enumerable.Range(0, images)];
    }

    /// <summary>For each image how often it is wanted, 1 or more.</summary>
    private static double[] Repeats<TClass>(DetectionDataset<TClass> dataset, double threshold)
        where TClass : struct, Enum
    {
        var shown = new int[dataset.Classes.Count];
        var channels = new int[dataset.Count][];
        for (var i = 0; i < channels.Length; i++)
        {
            channels[i] = [.. ChannelsOf(dataset, i)];
            foreach (var c in channels[i])
            {
                shown[c]++;
            }
        }

        return Array.ConvertAll(channels, here => here.Length == 0 ? 1 : here.Max(
            c => Math.Max(1, Math.Sqrt(threshold * dataset.Count / shown[c]))));
    }

    private static IEnumerable<int> ChannelsOf<TClass>(DetectionDataset<TClass> dataset, int image)
        where TClass : struct, Enum =>
        dataset[image].Objects.Where(o => !o.IsCrowd).Select(o => dataset.Classes.ChannelOf(o.Class)).Distinct();

    /// <summary>Evenly spaced marks on the line of all factors, from a random start: each image comes ⌊r⌋ or ⌈r⌉ times.</summary>
    private int[] DrawRepeated(ref SeededRandom random)
    {
        var total = repeats.Sum();
        // Rounded up: no step is longer than 1, so that no image is passed over.
        var showings = new int[(int)Math.Ceiling(total - 1e-9)];
        var step = total / showings.Length;
        var (mark, sum, next) = (random.NextDouble() * step, 0.0, 0);
        for (var i = 0; i < images; i++)
        {
            sum += repeats[i];
            for (var time = 0; next < showings.Length && (mark < sum || i == images - 1); time++, mark += step)
            {
                showings[next++] = checked(i + (time * images));
            }
        }

        return showings;
    }

    private int[] DrawBalanced(ref SeededRandom random)
    {
        var turn = Enumerable.Range(0, byClass.Length).ToArray();
        random.Shuffle<int>(turn);
        var own = Array.ConvertAll(byClass, c => (int[])c.Clone());
        foreach (var c in own)
        {
            random.Shuffle<int>(c);
        }

        var times = new int[images];
        var showings = new int[images];
        for (var i = 0; i < images; i++)
        {
            var c = own[turn[i % turn.Length]];
            var image = c[i / turn.Length % c.Length];
            showings[i] = checked(image + (times[image]++ * images));
        }

        return showings;
    }
}
