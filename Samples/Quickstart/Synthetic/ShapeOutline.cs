using Fovea;

namespace Quickstart.Synthetic;

/// <summary>The outline of a shape: signed distance in pixels to a rotated, stretched circle, ring or polygon, and its exact box.</summary>
internal sealed class ShapeOutline
{
    private const float InnerRing = 0.55f;
    private static readonly (float X, float Y)[] SquareCorners = [(-1, -1), (1, -1), (1, 1), (-1, 1)];
    private static readonly (float X, float Y)[] TriangleCorners = [(0, -1), (0.8660254f, 0.5f), (-0.8660254f, 0.5f)];
    private static readonly (float X, float Y)[] StarCorners = MakeStar(0.42f);
    private static readonly (float X, float Y)[] CrossCorners = MakeCross(0.34f);

    private readonly Shape shape;
    private readonly (float X, float Y)[] corners;
    private readonly float cos;
    private readonly float sin;
    private readonly float scaleX;
    private readonly float scaleY;
    private float centerX;
    private float centerY;

    /// <param name="shape">Which.</param>
    /// <param name="size">√(width · height) of the box, in pixels.</param>
    /// <param name="stretch">Width over height before rotation.</param>
    /// <param name="cos">Of the rotation.</param>
    /// <param name="sin">Of the rotation.</param>
    public ShapeOutline(Shape shape, float size, float stretch, float cos, float sin)
    {
        this.shape = shape;
        (this.cos, this.sin) = (cos, sin);
        corners = shape switch
        {
            Shape.Square => SquareCorners,
            Shape.Triangle => TriangleCorners,
            Shape.Star => StarCorners,
            Shape.Cross => CrossCorners,
            _ => [],
        };
        var root = MathF.Sqrt(stretch);
        (scaleX, scaleY) = (root, 1 / root);
        var unit = Extent();
        var factor = size / MathF.Sqrt(unit.Width * unit.Height);
        (scaleX, scaleY) = (scaleX * factor, scaleY * factor);
        Box = Extent();
    }

    /// <summary>Around the shape, in pixels of the scene.</summary>
    public Box Box { get; private set; }

    public void MoveTo(float x, float y)
    {
        (centerX, centerY) = (x, y);
        Box = Extent();
    }

    /// <summary>Signed distance in pixels, negative inside.</summary>
    public float Distance(float x, float y)
    {
        var (u, v) = ToLocal(x, y);
        var (px, py) = (u * scaleX, v * scaleY);
        if (shape is Shape.Disc or Shape.Ring)
        {
            // Distance to an ellipse, to first order: (|q| − 1) · |q| / |∇|.
            var radius = MathF.Sqrt((u * u) + (v * v));
            var (gx, gy) = (u / scaleX, v / scaleY);
            var step = radius / Math.Max(1e-6f, MathF.Sqrt((gx * gx) + (gy * gy)));
            var outer = (radius - 1) * (radius < 1e-4f ? Math.Min(scaleX, scaleY) : step);
            return shape == Shape.Disc ? outer : Math.Max(outer, (InnerRing - radius) * (radius < 1e-4f ? Math.Min(scaleX, scaleY) : step));
        }

        return PolygonDistance(px, py);
    }

    /// <summary>The point in the shape's own axes, −1 … 1 inside its frame.</summary>
    public (float U, float V) ToLocal(float x, float y)
    {
        var (dx, dy) = (x - centerX, y - centerY);
        return (((dx * cos) + (dy * sin)) / scaleX, ((dy * cos) - (dx * sin)) / scaleY);
    }

    private Box Extent()
    {
        if (corners.Length == 0)
        {
            var halfWidth = MathF.Sqrt((scaleX * scaleX * cos * cos) + (scaleY * scaleY * sin * sin));
            var halfHeight = MathF.Sqrt((scaleX * scaleX * sin * sin) + (scaleY * scaleY * cos * cos));
            return new Box(centerX - halfWidth, centerY - halfHeight, centerX + halfWidth, centerY + halfHeight);
        }

        float x1 = float.MaxValue, y1 = float.MaxValue, x2 = float.MinValue, y2 = float.MinValue;
        foreach (var (u, v) in corners)
        {
            var (px, py) = (u * scaleX, v * scaleY);
            var (x, y) = (centerX + (px * cos) - (py * sin), centerY + (px * sin) + (py * cos));
            (x1, y1, x2, y2) = (Math.Min(x1, x), Math.Min(y1, y), Math.Max(x2, x), Math.Max(y2, y));
        }

        return new Box(x1, y1, x2, y2);
    }

    /// <summary>Nearest edge, and the sign by counting crossings.</summary>
    private float PolygonDistance(float px, float py)
    {
        var nearest = float.MaxValue;
        var inside = false;
        for (int i = 0, j = corners.Length - 1; i < corners.Length; j = i++)
        {
            var (ax, ay) = (corners[i].X * scaleX, corners[i].Y * scaleY);
            var (bx, by) = (corners[j].X * scaleX, corners[j].Y * scaleY);
            var (ex, ey) = (bx - ax, by - ay);
            var (wx, wy) = (px - ax, py - ay);
            var t = Math.Clamp(((wx * ex) + (wy * ey)) / ((ex * ex) + (ey * ey)), 0, 1);
            var (dx, dy) = (wx - (ex * t), wy - (ey * t));
            nearest = Math.Min(nearest, (dx * dx) + (dy * dy));
            inside ^= (ay > py) != (by > py) && px < ax + ((py - ay) / (by - ay) * ex);
        }

        return inside ? -MathF.Sqrt(nearest) : MathF.Sqrt(nearest);
    }

    /// <summary>Five points up, their notches at the inner radius. Cosines of 36° and 72° from √5: no library function decides the
    /// bits.</summary>
    private static (float X, float Y)[] MakeStar(float inner)
    {
        var root5 = Math.Sqrt(5);
        var (c36, c72) = ((1 + root5) / 4, (root5 - 1) / 4);
        var (s36, s72) = (Math.Sqrt(10 - (2 * root5)) / 4, Math.Sqrt(10 + (2 * root5)) / 4);
        (double X, double Y)[] points =
        [
            (0, -1), (s36, -c36), (s72, -c72), (s72, c72), (s36, c36), (0, 1), (-s36, c36), (-s72, c72), (-s72, -c72), (-s36, -c36),
        ];
        return [.. points.Select((p, i) => i % 2 == 0 ? ((float)p.X, (float)p.Y) : ((float)(p.X * inner), (float)(p.Y * inner)))];
    }

    private static (float X, float Y)[] MakeCross(float arm) =>
    [
        (-arm, -1), (arm, -1), (arm, -arm), (1, -arm), (1, arm), (arm, arm),
        (arm, 1), (-arm, 1), (-arm, arm), (-1, arm), (-1, -arm), (-arm, -arm),
    ];
}
