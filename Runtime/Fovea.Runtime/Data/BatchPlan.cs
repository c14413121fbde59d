namespace Fovea.Data;

/// <summary>Which images are in which batch of an epoch. Depends on the data set's sizes, the options and the epoch alone.</summary>
internal static class BatchPlan
{
    // Keys the order's random numbers apart from the images' own.
    private const ulong OrderKey = 0x6f72646572;

    /// <param name="members">The data set's images.</param>
    /// <param name="options">Size of batches, order, sampling.</param>
    /// <param name="epoch">From 0.</param>
    /// <returns>For each batch its showings: image i, or i + n for its second showing of n images (<see cref="SamplePlan"/>).</returns>
    public static List<int[]> Create(BatchMembers members, LoaderOptions options, int epoch)
    {
        var order = members.Samples.Draw(epoch);
        var random = new SeededRandom(options.Seed, OrderKey, (ulong)epoch);
        if (options.Shuffle)
        {
            random.Shuffle<int>(order);
        }

        var batches = new List<int[]>();
        var open = new SortedDictionary<int, List<int>>();
        foreach (var index in order)
        {
            var own = members.GroupOf(index);
            if (!open.TryGetValue(own, out var images))
            {
                open[own] = images = [];
            }

            images.Add(index);
            if (images.Count == options.BatchSize)
            {
                batches.Add([.. images]);
                images.Clear();
            }
        }

        foreach (var (group, rest) in open)
        {
            AddRest(batches, rest, order, members, group, options);
        }

        if (options.Shuffle && open.Count > 1)
        {
            random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(batches));
        }

        return batches;
    }

    public static BatchMembers Groups<TClass>(DetectionDataset<TClass> dataset, CanvasFitter fitter, LoaderOptions options)
        where TClass : struct, Enum
    {
        var groups = new int[dataset.Count];
        for (var i = 0; i < groups.Length; i++)
        {
            var item = dataset[i];
            groups[i] = fitter.GroupOf(item.Width, item.Height);
        }

        return new BatchMembers(groups, SamplePlan.Create(dataset, options));
    }

    private static void AddRest(List<int[]> batches, List<int> rest, int[] order, BatchMembers members, int group, LoaderOptions options)
    {
        if (rest.Count == 0 || options.LastBatch == LastBatch.Drop)
        {
            return;
        }

        if (options.LastBatch == LastBatch.Fill)
        {
            var same = order.Where(i => members.GroupOf(i) == group).ToArray();
            for (var next = 0; rest.Count < options.BatchSize; next++)
            {
                rest.Add(same[next % same.Length]);
            }
        }

        batches.Add([.. rest]);
    }
}

/// <summary>A data set's images, as far as batches need them.</summary>
/// <param name="Groups">For each image: those of a group can share a batch.</param>
/// <param name="Samples">How often each is shown.</param>
internal sealed record BatchMembers(int[] Groups, SamplePlan Samples)
{
    /// <summary>The group of a showing.</summary>
    public int GroupOf(int showing) => Groups[showing % Groups.Length];
}
