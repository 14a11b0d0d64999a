/* A picture that is drawn by a C program, and by libpng through signatures. */
#define PICTURE_WIDTH 61
#define PICTURE_HEIGHT 47

static void draw_picture(unsigned char pixels[PICTURE_HEIGHT][PICTURE_WIDTH][3]) {
    for (int y = 0; y < PICTURE_HEIGHT; ++y)
        for (int x = 0; x < PICTURE_WIDTH; ++x) {
            const int dx = x - 30, dy = y - 23, far_away = dx * dx + dy * dy > 400;
            pixels[y][x][0] = (unsigned char)(far_away ? 4 * x : 255);
            pixels[y][x][1] = (unsigned char)(far_away ? 5 * y : 200 - 4 * y);
            pixels[y][x][2] = (unsigned char)(x * y);
        }
}
