using Fovea.Imaging;
using Fovea;

namespace Fovea.Data;

/// <summary>Which images are in which batch of an epoch. Depends on the data set's sizes, the options and the epoch alone.</summary>
internal static class BatchPlan
{
    // Keys the order's random numbers apart from the images' own.
    private const ulong OrderKey = 0x6f72646572;

    public static List<int[]> Create(int[] groups, LoaderOptions options, int epoch)
    {
        var order = Enumerable.Range(0, groups.Length).ToArray();
        var random = new SeededRandom(options.Seed, OrderKey, (ulong)epoch);
        if (options.Shuffle)
        {
            random.Shuffle<int>(order);
        }

        var batches = new List<int[]>();
        var open = new SortedDictionary<int, List<int>>();
        foreach (var index in order)
        {
            if (!open.TryGetValue(groups[index], out var images))
            {
                open[groups[index]] = images = [];
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
            AddRest(batches, rest, order, groups, group, options);
        }

        if (options.Shuffle && open.Count > 1)
        {
            random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(batches));
        }

        return batches;
    }

    public static int[] Groups<TClass>(DetectionDataset<TClass> dataset, CanvasFitter fitter)
        where TClass : struct, Enum
    {
        var groups = new int[dataset.Count];
        for (var i = 0; i < groups.Length; i++)
        {
            var item = dataset[i];
            groups[i] = fitter.GroupOf(item.Width, item.Height);
        }

        return groups;
    }

    private static void AddRest(List<int[]> batches, List<int> rest, int[] order, int[] groups, int group, LoaderOptions options)
    {
        if (rest.Count == 0 || options.LastBatch == LastBatch.Drop)
        {
            return;
        }

        if (options.LastBatch == LastBatch.Fill)
        {
            var same = order.Where(i => groups[i] == group).ToArray();
            for (var next = 0; rest.Count < options.BatchSize; next++)
            {
                rest.Add(same[next % same.Length]);
            }
        }

        batches.Add([.. rest]);
    }
}
