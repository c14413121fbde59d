namespace Fovea.App.Reports.Pictures;

/// <summary>Pictures with boxes, side by side on one page.</summary>
internal static class PicturePage
{
    /// <summary>Pictures on a page at the most.</summary>
    public const int Most = 16;

    private const int Columns = 4;
    private const int Side = 400;
    private const int MostEnlarged = 4;
    private const int Gap = 4;

    /// <summary>
    /// A picture brought near to a cell's size, and its boxes drawn into that: letters and lines are then as large in every cell. A label
    /// that would hide something is left out.
    /// </summary>
    /// <param name="picture">Stays as it is.</param>
    /// <param name="boxes">In pixels of the picture.</param>
    /// <param name="side">What the longer side becomes, within a factor of 1.5.</param>
    public static RgbImage Cell(RgbImage picture, IEnumerable<DrawnBox> boxes, int side = Side)
    {
        var longer = Math.Max(picture.Width, picture.Height);
        var factor = Math.Max(1, (int)Math.Round((double)longer / side));
        var enlarge = Math.Clamp(side / longer, 1, MostEnlarged);
        var shrunk = factor == 1 ? boxes : boxes.Select(b => b with { Box = Divide(b.Box, factor) });
        return DetectionDrawing.Draw(Shrink(picture, factor), shrunk, enlarge, leaveOut: true);
    }

    /// <summary>Puts cells into rows of four.</summary>
    public static RgbImage Arrange(IReadOnlyList<RgbImage> cells)
    {
        var columns = Math.Min(Columns, cells.Count);
        var rows = (cells.Count + columns - 1) / columns;
        var (width, height) = (cells.Max(c => c.Width) + Gap, cells.Max(c => c.Height) + Gap);
        var page = new RgbImage((width * columns) - Gap, (height * rows) - Gap);
        Array.Fill(page.Pixels, (byte)255);
        for (var i = 0; i < cells.Count; i++)
        {
            var (left, top) = (i % columns * width, i / columns * height);
            for (var y = 0; y < cells[i].Height; y++)
            {
                cells[i].Row(y).CopyTo(page.Row(top + y)[(left * 3)..]);
            }
        }

        return page;
    }

    /// <summary>Each pixel the mean of the square that it stands for; a rest at the edges is left out.</summary>
    private static RgbImage Shrink(RgbImage picture, int factor)
    {
        if (factor == 1)
        {
            return picture;
        }

        var small = new RgbImage(Math.Max(1, picture.Width / factor), Math.Max(1, picture.Height / factor));
        Span<int> sum = stackalloc int[3];
        for (var y = 0; y < small.Height; y++)
        {
            var target = small.Row(y);
            for (var x = 0; x < small.Width; x++)
            {
                sum.Clear();
                var count = 0;
                for (var row = y * factor; row < Math.Min((y + 1) * factor, picture.Height); row++)
                {
                    var source = picture.Row(row)[(x * factor * 3)..];
                    for (var column = 0; column < factor && column * 3 < source.Length; column++, count++)
                    {
                        sum[0] += source[column * 3];
                        sum[1] += source[(column * 3) + 1];
                        sum[2] += source[(column * 3) + 2];
                    }
                }

                for (var c = 0; c < 3; c++)
                {
                    target[(x * 3) + c] = (byte)((sum[c] + (count / 2)) / count);
                }
            }
        }

        return small;
    }

    private static Box Divide(Box box, float factor) => new(box.X1 / factor, box.Y1 / factor, box.X2 / factor, box.Y2 / factor);
}
