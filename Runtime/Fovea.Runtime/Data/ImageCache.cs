namespace Fovea.Data;

/// <summary>Decoded images up to a number of bytes; the least recently used ones give way.</summary>
internal sealed class ImageCache(long capacity)
{
    private readonly Lock gate = new();
    private readonly Dictionary<int, LinkedListNode<(int Index, RgbImage Image)>> byIndex = [];
    private readonly LinkedList<(int Index, RgbImage Image)> byUse = new();
    private long bytes;

    public RgbImage GetOrLoad<TClass>(DetectionDataset<TClass> dataset, int index)
        where TClass : struct, Enum
    {
        if (capacity == 0)
        {
            return dataset.LoadImage(index);
        }

        lock (gate)
        {
            if (byIndex.TryGetValue(index, out var node))
            {
                byUse.Remove(node);
                byUse.AddFirst(node);
                return node.Value.Image;
            }
        }

        // Decoded outside the lock: two threads may decode the same image, which costs time and not correctness.
        var image = dataset.LoadImage(index);
        lock (gate)
        {
            Add(index, image);
        }

        return image;
    }

    private void Add(int index, RgbImage image)
    {
        if (image.Pixels.Length > capacity || byIndex.ContainsKey(index))
        {
            return;
        }

        byIndex[index] = byUse.AddFirst((index, image));
        bytes += image.Pixels.Length;
        while (bytes > capacity)
        {
            var (oldest, victim) = byUse.Last!.Value;
            byUse.RemoveLast();
            byIndex.Remove(oldest);
            bytes -= victim.Pixels.Length;
        }
    }
}
