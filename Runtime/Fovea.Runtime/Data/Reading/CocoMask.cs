using System.Text.Json;

namespace Fovea.Data.Reading;

/// <summary>The box of a COCO segmentation: polygons, run lengths, or run lengths packed into a text. The masks themselves are not
/// kept.</summary>
/// <remarks>Source: pycocotools, common/maskApi.c (rleToBbox, rleFrString).</remarks>
internal static class CocoMask
{
    private const long MostPixels = 1L << 32;

    /// <summary>Left, top, right and lower edge; null where the segmentation is none of these forms or is empty.</summary>
    public static (double X1, double Y1, double X2, double Y2)? BoundsOf(JsonElement segmentation) => segmentation.ValueKind switch
    {
        JsonValueKind.Array => OfPolygons(segmentation),
        JsonValueKind.Object => OfRuns(segmentation),
        _ => null,
    };

    private static (double X1, double Y1, double X2, double Y2)? OfPolygons(JsonElement polygons)
    {
        var (x1, y1, x2, y2) = (double.PositiveInfinity, double.PositiveInfinity, double.NegativeInfinity, double.NegativeInfinity);
        foreach (var polygon in polygons.EnumerateArray())
        {
            if (polygon.ValueKind != JsonValueKind.Array || polygon.GetArrayLength() < 6 || polygon.GetArrayLength() % 2 != 0)
            {
                return null;
            }

            var isX = true;
            foreach (var number in polygon.EnumerateArray())
            {
                if (number.ValueKind != JsonValueKind.Number || !number.TryGetDouble(out var value) || !double.IsFinite(value))
                {
                    return null;
                }

                (x1, x2) = isX ? (Math.Min(x1, value), Math.Max(x2, value)) : (x1, x2);
                (y1, y2) = isX ? (y1, y2) : (Math.Min(y1, value), Math.Max(y2, value));
                isX = !isX;
            }
        }

        return x1 <= x2 ? (x1, y1, x2, y2) : null;
    }

    private static (double X1, double Y1, double X2, double Y2)? OfRuns(JsonElement mask)
    {
        if (!mask.TryGetProperty("size", out var size) || size.ValueKind != JsonValueKind.Array || size.GetArrayLength() != 2
            || size[0].ValueKind != JsonValueKind.Number || !size[0].TryGetInt64(out var height)
            || size[1].ValueKind != JsonValueKind.Number || !size[1].TryGetInt64(out var width)
            || height < 1 || width < 1 || height > 1 << 16 || width > 1 << 16 || !mask.TryGetProperty("counts", out var counts))
        {
            return null;
        }

        var runs = counts.ValueKind switch
        {
            JsonValueKind.Array => Numbers(counts),
            JsonValueKind.String => Unpack(counts.GetString()!),
            _ => null,
        };
        return runs is null ? null : OfRuns(runs, height, width * height);
    }

    /// <summary>Runs go down the columns, background first.</summary>
    private static (double X1, double Y1, double X2, double Y2)? OfRuns(List<long> runs, long height, long pixels)
    {
        long x1 = long.MaxValue, y1 = long.MaxValue, x2 = -1, y2 = -1, position = 0;
        for (var i = 0; i < runs.Count; i++)
        {
            var run = runs[i];
            if (run < 0 || run > MostPixels || position + run > pixels)
            {
                return null;
            }

            if (i % 2 == 1 && run > 0)
            {
                var last = position + run - 1;
                x1 = Math.Min(x1, position / height);
                x2 = Math.Max(x2, last / height);

                // A run that goes on in the next column has touched both the lower and the upper edge.
                var spans = position / height != last / height;
                y1 = Math.Min(y1, spans ? 0 : position % height);
                y2 = Math.Max(y2, spans ? height - 1 : last % height);
            }

            position += run;
        }

        return x2 < 0 ? null : (x1, y1, x2 + 1, y2 + 1);
    }

    private static List<long>? Numbers(JsonElement counts)
    {
        var runs = new List<long>(counts.GetArrayLength());
        foreach (var count in counts.EnumerateArray())
        {
            if (count.ValueKind != JsonValueKind.Number || !count.TryGetInt64(out var run))
            {
                return null;
            }

            runs.Add(run);
        }

        return runs;
    }

    /// <summary>Five bits a character, the sixth says that more follow; from the third run on, differences to the run before the
    /// last.</summary>
    private static List<long>? Unpack(string text)
    {
        var runs = new List<long>();
        for (var at = 0; at < text.Length;)
        {
            long run = 0;
            var shift = 0;
            bool more;
            do
            {
                if (at == text.Length || shift > 55 || text[at] is < '0' or > 'o')
                {
                    return null;
                }

                var bits = text[at++] - 48;
                run |= (long)(bits & 0x1f) << shift;
                shift += 5;
                more = (bits & 0x20) != 0;
                if (!more && (bits & 0x10) != 0)
                {
                    run |= -1L << shift;
                }
            }
            while (more);
            runs.Add(runs.Count > 2 ? run + runs[^2] : run);
        }

        return runs;
    }
}
